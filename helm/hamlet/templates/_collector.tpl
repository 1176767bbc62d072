{{/* The collector's configuration: what the services send goes to everybody who wants it, and to each at its own pace. */}}

{{- define "hamlet.collector.config" -}}
{{- $exporters := dict -}}
{{- range $name, $given := .Values.telemetry.collector.exporters -}}
{{- $_ := set $exporters (printf "otlp/%s" $name) $given -}}
{{- end -}}
{{- if .Values.jaeger.enabled -}}
{{- $address := printf "%s:4317" (include "hamlet.name" (dict "root" . "name" "jaeger")) -}}
{{- $_ := set $exporters "otlp/jaeger" (dict "endpoint" $address "tls" (dict "insecure" true)) -}}
{{- end -}}
receivers:
  otlp:
    protocols:
      grpc: {endpoint: "0.0.0.0:4317"}
processors:
  memory_limiter: {check_interval: 1s, limit_percentage: 80, spike_limit_percentage: 20}
  batch: {}
exporters:
  {{- toYaml $exporters | nindent 2 }}
extensions:
  health_check: {endpoint: "0.0.0.0:13133"}
service:
  extensions: [health_check]
  telemetry:
    metrics:
      readers: [{pull: {exporter: {prometheus: {host: 0.0.0.0, port: 8888}}}}]
  pipelines:
    traces:
      receivers: [otlp]
      processors: [memory_limiter, batch]
      exporters: {{ keys $exporters | sortAlpha | toJson }}
{{- end -}}

{{- define "hamlet.collector.egress" -}}
{{- if .Values.jaeger.enabled }}
- ports: [{port: 4317}]
  to:
    - podSelector:
        matchLabels:
          {{- include "hamlet.selector" (dict "root" . "name" "jaeger") | nindent 10 }}
{{- end }}
{{- if .Values.telemetry.collector.exporters }}
{{ include "hamlet.network.telemetryOutside" (dict "root" .) }}
{{- end }}
{{- end -}}
