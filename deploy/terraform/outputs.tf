output "credentials" {
  description = "The command after which kubectl and helm speak to this cluster."
  value       = "gcloud container clusters get-credentials ${google_container_cluster.village.name} --region ${var.region} --project ${var.project}"
}
