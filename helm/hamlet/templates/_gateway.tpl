{{/* A Gateway API route to the edge, and a share of it to the edge's canary.
     (dict "root" $ "name" "edge" "kind" "HTTPRoute" "suffix" "" "port" 80 "values" merged) */}}

{{- define "hamlet.route" }}
{{- $canary := .values.canary }}
---
apiVersion: gateway.networking.k8s.io/v1
kind: {{ .kind }}
metadata:
  name: {{ include "hamlet.name" . }}{{ .suffix }}
  namespace: {{ .root.Release.Namespace }}
  labels:
    {{- include "hamlet.labels" . | nindent 4 }}
spec:
  parentRefs:
    {{- toYaml .root.Values.gateway.parentRefs | nindent 4 }}
  {{- with .root.Values.gateway.hostnames }}
  hostnames:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  rules:
    # What is native gRPC is told by its content type; a rule for that is more particular than the other route's.
    - {{ if eq .kind "GRPCRoute" }}matches: [{headers: [{type: RegularExpression, name: content-type, value: "application/grpc(\\+.*)?"}]}]
      {{ end }}backendRefs:
        {{- if and $canary.enabled (not (kindIs "invalid" $canary.weight)) }}
        - {name: {{ include "hamlet.name" . }}, port: {{ .port }}, weight: {{ sub 100 ($canary.weight | int) }}}
        - {name: {{ include "hamlet.name" . }}-canary, port: {{ .port }}, weight: {{ $canary.weight }}}
        {{- else }}
        - {name: {{ include "hamlet.name" . }}, port: {{ .port }}}
        {{- end }}
{{- end -}}
