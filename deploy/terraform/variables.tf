variable "project" {
  description = "The project that pays."
  type        = string
}

variable "region" {
  description = "Where everything is."
  type        = string
  default     = "europe-west4"
}

variable "zone" {
  description = "The zone of the region that has the GPUs."
  type        = string
  default     = "europe-west4-a"
}

variable "administrators" {
  description = "From where the cluster's API may be reached, as CIDR blocks by name."
  type        = map(string)

  validation {
    condition     = length(var.administrators) > 0 && !contains(values(var.administrators), "0.0.0.0/0")
    error_message = "Name the networks of those who administrate; the whole world is none."
  }
}

variable "registry" {
  description = "What stands before the names of the images, such as registry.example.com/hamlet."
  type        = string
}

variable "image_tag" {
  description = "The release; the chart's own version where it is empty."
  type        = string
  default     = ""
}

variable "database_secrets" {
  description = "The Secrets, made beforehand in the namespace hamlet, with the URL of each service's PostgreSQL under uri."
  type        = object({ account = string, blog = string, comment = string })
}

variable "gpu" {
  description = "The GPU of the filter's nodes, and how many nodes there may be; zero takes the CPU."
  type        = object({ type = string, most_nodes = number })
  default     = { type = "nvidia-l4", most_nodes = 2 }
}
