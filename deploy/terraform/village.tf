# The chart of this repository, with values.yaml.

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

  values = [templatefile("${path.module}/values.yaml", merge(var.database_secrets, {
    registry = var.registry
    tag      = var.image_tag
    gpu      = var.gpu.most_nodes > 0
  }))]

  depends_on = [google_container_node_pool.pool]
}
