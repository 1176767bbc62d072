"""What the chart's Jobs run inside a cluster: certificates, the first administrator, a walk through the village."""
