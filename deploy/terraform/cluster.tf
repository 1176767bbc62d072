# A cluster of its own, private, with two pools: one for everything, and one with GPUs that starts at no node at all and
# that only the filter tolerates.

resource "google_compute_network" "village" {
  #checkov:skip=CKV2_GCP_18:GKE writes the rules that its nodes need; nothing else is in this network
  project                 = var.project
  name                    = "hamlet"
  auto_create_subnetworks = false
}

resource "google_compute_subnetwork" "village" {
  project                  = var.project
  region                   = var.region
  name                     = "hamlet"
  network                  = google_compute_network.village.id
  ip_cidr_range            = "10.10.0.0/20"
  private_ip_google_access = true

  secondary_ip_range {
    range_name    = "pods"
    ip_cidr_range = "10.20.0.0/16"
  }
  secondary_ip_range {
    range_name    = "services"
    ip_cidr_range = "10.30.0.0/20"
  }
  log_config {
    aggregation_interval = "INTERVAL_10_MIN"
    flow_sampling        = 0.1
    metadata             = "INCLUDE_ALL_METADATA"
  }
}

resource "google_service_account" "nodes" {
  project      = var.project
  account_id   = "hamlet-nodes"
  display_name = "Nodes of the village"
}

# What a node needs to say how it is, and no more.
resource "google_project_iam_member" "nodes" {
  project = var.project
  role    = "roles/container.defaultNodeServiceAccount"
  member  = google_service_account.nodes.member
}

resource "google_container_cluster" "village" {
  #checkov:skip=CKV_GCP_12:the advanced datapath enforces NetworkPolicies; the older switch excludes it
  #checkov:skip=CKV_GCP_69:asked of the pool that is removed; both pools that stay have the metadata server
  #checkov:skip=CKV_GCP_65:which group administrates is the organisation's to say
  project  = var.project
  name     = "hamlet"
  location = var.region

  network                     = google_compute_network.village.id
  subnetwork                  = google_compute_subnetwork.village.id
  remove_default_node_pool    = true
  initial_node_count          = 1
  datapath_provider           = "ADVANCED_DATAPATH" # which enforces the chart's NetworkPolicies
  enable_shielded_nodes       = true
  enable_intranode_visibility = true
  deletion_protection         = true
  resource_labels             = { application = "hamlet" }

  release_channel {
    channel = "REGULAR"
  }
  ip_allocation_policy {
    cluster_secondary_range_name  = "pods"
    services_secondary_range_name = "services"
  }
  private_cluster_config {
    enable_private_nodes   = true
    master_ipv4_cidr_block = "172.16.0.0/28"
  }
  master_authorized_networks_config {
    dynamic "cidr_blocks" {
      for_each = var.administrators
      content {
        display_name = cidr_blocks.key
        cidr_block   = cidr_blocks.value
      }
    }
  }
  master_auth {
    client_certificate_config {
      issue_client_certificate = false
    }
  }
  workload_identity_config {
    workload_pool = "${var.project}.svc.id.goog"
  }
  binary_authorization {
    evaluation_mode = "PROJECT_SINGLETON_POLICY_ENFORCE"
  }
  gateway_api_config {
    channel = "CHANNEL_STANDARD"
  }
}
