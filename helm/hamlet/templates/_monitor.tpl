{{/* Where the Prometheus operator finds a component's metrics. */}}

{{- define "hamlet.monitor" }}
{{- if .root.Values.monitoring.serviceMonitors }}
---
apiVersion: v1
kind: Service
metadata:
  name: {{ include "hamlet.name" . }}-metrics
  namespace: {{ .root.Release.Namespace }}
  labels:
    {{- include "hamlet.labels" . | nindent 4 }}
    hamlet/metrics: "true"
spec:
  clusterIP: None
  # Of a pod that is not ready, metrics are wanted most.
  publishNotReadyAddresses: true
  selector:
    {{- include "hamlet.selector" . | nindent 4 }}
  ports:
    {{- range $port, $number := include "hamlet.metricsPorts" . | fromYaml }}
    - {name: {{ $port }}, port: {{ $number }}, targetPort: {{ $port }}}
    {{- end }}
---
apiVersion: monitoring.coreos.com/v1
kind: ServiceMonitor
metadata:
  {{- include "hamlet.metadata" . | nindent 2 }}
    {{- with .root.Values.monitoring.labels }}
    {{- toYaml . | nindent 4 }}
    {{- end }}
spec:
  jobLabel: app.kubernetes.io/component
  selector:
    matchLabels:
      {{- include "hamlet.selector" . | nindent 6 }}
      hamlet/metrics: "true"
  endpoints:
    {{- range $port, $_ := include "hamlet.metricsPorts" . | fromYaml }}
    - {port: {{ $port }}, path: /metrics, interval: {{ $.root.Values.monitoring.intervalSeconds }}s}
    {{- end }}
{{- end }}
{{- end -}}

{{- define "hamlet.metricsPorts" -}}
{{- if ne .name "edge" -}}
metrics: 9464
{{- else -}}
status: 9902
{{- if .root.Values.edge.cache.enabled }}
cache-metrics: 9465
{{- end }}
{{- end -}}
{{- end -}}
