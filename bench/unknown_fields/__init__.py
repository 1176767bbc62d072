"""What it costs to refuse unknown JSON fields in front of the transcoder, which drops them (docs/adr/0011)."""
