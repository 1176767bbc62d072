{{/* What a Job may reach. (dict "root" $ "name" "migrate-blog" "reaches" "database") */}}

{{- define "hamlet.jobNetwork" }}
{{- if .root.Values.networkPolicy.enabled }}
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata:
  {{- include "hamlet.metadata" . | nindent 2 }}
spec:
  podSelector:
    matchLabels:
      {{- include "hamlet.selector" . | nindent 6 }}
  policyTypes: [Ingress, Egress]
  egress:
    {{- include "hamlet.network.names" . | nindent 4 }}
    {{- if eq .reaches "database" }}
    {{- include "hamlet.network.toDatabase" .root | nindent 4 }}
    {{- else }}
    # The API server, whose address no selector names.
    - ports: [{port: 443}, {port: 6443}]
    {{- end }}
{{- end }}
{{- end -}}
