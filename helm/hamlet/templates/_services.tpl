{{/* How a component is found. Directly: a name with an address for each replica, which callers balance over themselves.
     With a sidecar: one address, over which the sidecar balances. */}}

{{- define "hamlet.services" }}
{{- $split := and .values.canary.enabled (not (kindIs "invalid" .values.canary.weight)) -}}
{{- include "hamlet.serviceOf" (merge (dict "suffix" "" "selects" (ternary "stable" "" (and $split (eq .name "edge")))) .) }}
{{- if $split }}
{{- if ne .name "edge" }}
{{- include "hamlet.serviceOf" (merge (dict "suffix" "-stable" "selects" "stable") .) }}
{{- end }}
{{- include "hamlet.serviceOf" (merge (dict "suffix" "-canary" "selects" "canary") .) }}
{{- end }}
{{- end -}}

{{/* (... "suffix" "-canary" "selects" variant-or-empty) */}}
{{- define "hamlet.serviceOf" }}
---
apiVersion: v1
kind: Service
metadata:
  name: {{ include "hamlet.name" . }}{{ .suffix }}
  namespace: {{ .root.Release.Namespace }}
  labels:
    {{- include "hamlet.labels" . | nindent 4 }}
  {{- if and (eq .name "edge") .values.service.annotations }}
  annotations:
    {{- toYaml .values.service.annotations | nindent 4 }}
  {{- end }}
spec:
  {{- if eq .name "edge" }}
  type: {{ .values.service.type }}
  {{- else if not (include "hamlet.sidecar" .root) }}
  clusterIP: None
  {{- end }}
  selector:
    {{- include "hamlet.selector" . | nindent 4 }}
    {{- with .selects }}
    hamlet/variant: {{ . }}
    {{- end }}
  ports:
    {{- if eq .name "edge" }}
    - {name: http, port: {{ .values.service.httpPort }}, targetPort: http, appProtocol: http}
    - {name: grpc, port: {{ .values.service.grpcPort }}, targetPort: grpc, appProtocol: kubernetes.io/h2c}
    {{- else }}
    - {name: grpc, port: 50051, targetPort: grpc, appProtocol: {{ ternary "grpc" "kubernetes.io/h2c" (eq .root.Values.meshMode "istio") }}}
    {{- end }}
{{- end -}}
