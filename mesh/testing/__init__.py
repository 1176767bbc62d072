"""What tests of all rooms share: real servers, certificates, spans, an OTLP receiver, PostgreSQL, Envoy."""
