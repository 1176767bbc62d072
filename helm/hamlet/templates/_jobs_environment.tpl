{{/* What the Jobs that speak to the services are told: where they are, and by which certificate to show. */}}

{{- define "hamlet.operator.environment" -}}
{{- if include "hamlet.sidecar" . }}
- {name: HAMLET_SIDECAR, value: {{ .Values.meshMode }}}
- {name: HAMLET_SIDECAR_IDENTITY, value: {{ include "hamlet.sidecarIdentity" . | quote }}}
{{- else }}
- {name: HAMLET_CERTS_DIR, value: /etc/hamlet/certs}
- {name: HAMLET_TRUST_DOMAIN, value: {{ .Values.trustDomain }}}
{{- end }}
- {name: HAMLET_ACCOUNT_TARGET, value: {{ printf "dns:///%s:50051" (include "hamlet.name" (dict "root" . "name" "account")) | quote }}}
{{- end -}}

{{- define "hamlet.admin.environment" -}}
{{- include "hamlet.operator.environment" . }}
{{- range $key := list "username" "email" "password" }}
- {name: HAMLET_ADMIN_{{ upper $key }}, valueFrom: {secretKeyRef: {name: {{ $.Values.admin.secret }}, key: {{ $key }}}}}
{{- end }}
{{- end -}}

{{- define "hamlet.test.environment" -}}
{{- include "hamlet.operator.environment" . }}
- {name: HAMLET_URL, value: "http://{{ include "hamlet.name" (dict "root" . "name" "edge") }}:{{ .Values.edge.service.httpPort }}"}
{{- $ours := printf "http://%s:16686" (include "hamlet.name" (dict "root" . "name" "jaeger")) }}
{{- $jaeger := .Values.test.jaegerUrl | default (ternary $ours "" .Values.jaeger.enabled) }}
{{- /* A request that may not be traced is not looked for. */}}
- {name: HAMLET_JAEGER_URL, value: {{ ternary $jaeger "" (ge (float64 .Values.edge.samplingPercent) 100.0) | quote }}}
{{- end -}}
