{{/* A Gateway API route to the edge, and a share of it to the edge's canary. One HTTPRoute serves both doors, because a
     GRPCRoute may not have the same host name at the same listener. (dict "root" $ "name" "edge" "values" merged) */}}

{{- define "hamlet.route" }}
---
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata:
  {{- include "hamlet.metadata" . | nindent 2 }}
spec:
  parentRefs:
    {{- toYaml .root.Values.gateway.parentRefs | nindent 4 }}
  {{- with .root.Values.gateway.hostnames }}
  hostnames:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  rules:
    {{- if .root.Values.gateway.grpc }}
    - matches:
        {{- range list "application/grpc" "application/grpc+proto" }}
        - headers: [{name: content-type, value: {{ . }}}]
        {{- end }}
      backendRefs:
        {{- include "hamlet.backends" (merge (dict "port" .values.service.grpcPort) .) | nindent 8 }}
    {{- end }}
    - backendRefs:
        {{- include "hamlet.backends" (merge (dict "port" .values.service.httpPort) .) | nindent 8 }}
{{- end -}}

{{- define "hamlet.backends" -}}
{{- $canary := .values.canary -}}
{{- if and $canary.enabled (not (kindIs "invalid" $canary.weight)) -}}
- {name: {{ include "hamlet.name" . }}, port: {{ .port }}, weight: {{ sub 100 ($canary.weight | int) }}}
- {name: {{ include "hamlet.name" . }}-canary, port: {{ .port }}, weight: {{ $canary.weight }}}
{{- else -}}
- {name: {{ include "hamlet.name" . }}, port: {{ .port }}}
{{- end -}}
{{- end -}}
