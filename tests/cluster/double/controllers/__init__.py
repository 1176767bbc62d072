"""What runs behind the API: Deployments, Jobs, pods, volumes, and what nobody owns any more."""
