# The chart of this repository, with what the cluster decides; everything else is the chart's own default.

data "google_client_config" "caller" {}

provider "helm" {
  kubernetes {
    host                   = "https://${google_container_cluster.village.endpoint}"
    token                  = data.google_client_config.caller.access_token
    cluster_ca_certificate = base64decode(google_container_cluster.village.master_auth[0].cluster_ca_certificate)
  }
}

resource "helm_release" "village" {
  name             = "village"
  namespace        = "hamlet"
  create_namespace = true
  chart            = "${path.module}/../../helm/hamlet"
  atomic           = true
  timeout          = 900

  values = [yamlencode({
    images  = { registry = var.registry, tag = var.image_tag }
    account = { database = { urlSecret = { name = var.database_secrets.account } } }
    blog    = { database = { urlSecret = { name = var.database_secrets.blog } } }
    comment = { database = { urlSecret = { name = var.database_secrets.comment } } }
    defaults = {
      replicas     = 2
      nodeSelector = { "hamlet/pool" = "village" }
    }
    spam = {
      gpu = {
        enabled      = var.gpu.most_nodes > 0
        nodeSelector = { "hamlet/pool" = "gpu" }
        autoscaling  = { enabled = false }
      }
    }
    edge = { service = { type = "LoadBalancer" } }
  })]

  depends_on = [google_container_node_pool.pool]
}
