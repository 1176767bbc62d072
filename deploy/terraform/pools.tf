locals {
  pools = merge(
    { village = { machine = "e2-standard-4", gpu = "", zones = null, least = 1, most = 6 } },
    var.gpu.most_nodes == 0 ? {} : {
      gpu = { machine = "g2-standard-4", gpu = var.gpu.type, zones = [var.zone], least = 0, most = var.gpu.most_nodes }
    },
  )
}

resource "google_container_node_pool" "pool" {
  for_each = local.pools

  project        = var.project
  name           = each.key
  location       = var.region
  node_locations = each.value.zones
  cluster        = google_container_cluster.village.name

  autoscaling {
    total_min_node_count = each.value.least
    total_max_node_count = each.value.most
  }
  management {
    auto_repair  = true
    auto_upgrade = true
  }
  # A node leaves after its pods have moved.
  upgrade_settings {
    max_surge       = 1
    max_unavailable = 0
  }
  node_config {
    machine_type    = each.value.machine
    image_type      = "COS_CONTAINERD"
    service_account = google_service_account.nodes.email
    oauth_scopes    = ["https://www.googleapis.com/auth/cloud-platform"]
    metadata        = { disable-legacy-endpoints = "true" }
    labels          = { "hamlet/pool" = each.key }

    shielded_instance_config {
      enable_secure_boot          = true
      enable_integrity_monitoring = true
    }
    workload_metadata_config {
      mode = "GKE_METADATA"
    }
    dynamic "guest_accelerator" {
      for_each = each.value.gpu == "" ? [] : [each.value.gpu]
      content {
        type  = guest_accelerator.value
        count = 1
        gpu_driver_installation_config {
          gpu_driver_version = "DEFAULT"
        }
      }
    }
    dynamic "taint" {
      for_each = each.value.gpu == "" ? [] : ["nvidia.com/gpu"]
      content {
        key    = taint.value
        value  = "present"
        effect = "NO_SCHEDULE"
      }
    }
  }
}
