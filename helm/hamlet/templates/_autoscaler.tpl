{{/* As many replicas as the load asks for. (... "autoscaling" map "variant" v) */}}

{{- define "hamlet.autoscaler" }}
{{- if and .autoscaling.enabled .autoscaling.keda }}
{{- include "hamlet.scaledObject" . }}
{{- else if .autoscaling.enabled }}
---
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata:
  name: {{ include "hamlet.workloadName" . }}
  namespace: {{ .root.Release.Namespace }}
  labels:
    {{- include "hamlet.labels" . | nindent 4 }}
spec:
  scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: {{ include "hamlet.workloadName" . }}}
  minReplicas: {{ .autoscaling.minReplicas }}
  maxReplicas: {{ .autoscaling.maxReplicas }}
  behavior:
    {{- include "hamlet.scalingBehavior" . | nindent 4 }}
  metrics:
    {{- with .autoscaling.cpuPercent }}
    - type: Resource
      resource: {name: cpu, target: {type: Utilization, averageUtilization: {{ . }}}}
    {{- end }}
    {{- with .autoscaling.requestsPerSecond }}
    - type: Pods
      pods: {metric: {name: hamlet_requests_per_second}, target: {type: AverageValue, averageValue: {{ . | quote }}}}
    {{- end }}
    {{- with .autoscaling.queueDepth }}
    - type: Pods
      pods: {metric: {name: hamlet_inference_queue_depth}, target: {type: AverageValue, averageValue: {{ . | quote }}}}
    {{- end }}
{{- end }}
{{- end -}}

{{/* Up at once, because people wait; down slowly, because a flood comes in waves. */}}
{{- define "hamlet.scalingBehavior" -}}
scaleUp:
  stabilizationWindowSeconds: 0
  policies: [{type: Percent, value: 100, periodSeconds: 15}, {type: Pods, value: 4, periodSeconds: 15}]
scaleDown:
  stabilizationWindowSeconds: {{ .autoscaling.calmSeconds }}
  policies: [{type: Percent, value: 25, periodSeconds: 60}]
{{- end -}}

{{- define "hamlet.scaledObject" }}
{{- $where := printf `namespace="%s",pod=~"%s-.*"` .root.Release.Namespace (include "hamlet.workloadName" .) }}
---
apiVersion: keda.sh/v1alpha1
kind: ScaledObject
metadata:
  name: {{ include "hamlet.workloadName" . }}
  namespace: {{ .root.Release.Namespace }}
  labels:
    {{- include "hamlet.labels" . | nindent 4 }}
spec:
  scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: {{ include "hamlet.workloadName" . }}}
  minReplicaCount: {{ .autoscaling.minReplicas }}
  maxReplicaCount: {{ .autoscaling.maxReplicas }}
  # Without Prometheus nothing is known of the load: as many as now, and no fewer than the least.
  fallback: {failureThreshold: 3, replicas: {{ .autoscaling.minReplicas }}, behavior: currentReplicasIfHigher}
  advanced:
    horizontalPodAutoscalerConfig:
      behavior:
        {{- include "hamlet.scalingBehavior" . | nindent 8 }}
  triggers:
    {{- with .autoscaling.cpuPercent }}
    - {type: cpu, metricType: Utilization, metadata: {value: {{ . | quote }}}}
    {{- end }}
    {{- with .autoscaling.requestsPerSecond }}
    - type: prometheus
      metricType: AverageValue
      metadata:
        serverAddress: {{ $.root.Values.keda.prometheusAddress }}
        query: {{ printf `sum(rate(%s{%s}[1m]))` (include "hamlet.requestsMetric" $) $where | quote }}
        threshold: {{ . | quote }}
    {{- end }}
    {{- with .autoscaling.queueDepth }}
    - type: prometheus
      metricType: AverageValue
      metadata:
        serverAddress: {{ $.root.Values.keda.prometheusAddress }}
        query: {{ printf `sum(hamlet_inference_queue_depth{%s})` $where | quote }}
        threshold: {{ . | quote }}
    {{- end }}
{{- end -}}

{{- define "hamlet.requestsMetric" -}}
{{ ternary "envoy_http_downstream_rq_total" "rpc_server_call_duration_seconds_count" (eq .name "edge") }}
{{- end -}}
