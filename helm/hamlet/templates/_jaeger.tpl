{{/* Jaeger 2 is a collector; this is its all-in-one configuration with a bound on what it keeps. */}}

{{- define "hamlet.jaeger.config" -}}
service:
  extensions: [jaeger_storage, jaeger_query, healthcheckv2]
  pipelines:
    traces: {receivers: [otlp], processors: [batch], exporters: [jaeger_storage_exporter]}
extensions:
  healthcheckv2:
    use_v2: true
    http: {endpoint: "0.0.0.0:13133"}
  jaeger_query:
    storage: {traces: kept}
    http: {endpoint: "0.0.0.0:16686"}
    grpc: {endpoint: "0.0.0.0:16685"}
  jaeger_storage:
    backends:
      kept:
        memory: {max_traces: {{ .Values.jaeger.maxTraces | int }}}
receivers:
  otlp:
    protocols:
      grpc: {endpoint: "0.0.0.0:4317"}
processors:
  batch: {}
exporters:
  jaeger_storage_exporter: {trace_storage: kept}
{{- end -}}
