{{/* What the processes are told, as `hamlet up` tells them; each HAMLET_* is described in the settings of its room. */}}

{{/* Of everybody: the content of the ConfigMap. */}}
{{- define "hamlet.environment" -}}
HAMLET_HOME: /var/lib/hamlet
# What libraries keep beside; the user has no folder of its own.
HOME: /tmp
HAMLET_LOG_FORMAT: json
PYTHONUNBUFFERED: "1"
PYTHONDONTWRITEBYTECODE: "1"
HAMLET_DRAIN_SECONDS: {{ .Values.shutdown.drainSeconds | quote }}
HAMLET_GRACE_SECONDS: {{ .Values.shutdown.graceSeconds | quote }}
{{- if include "hamlet.sidecar" . }}
HAMLET_SIDECAR: {{ .Values.meshMode }}
HAMLET_SIDECAR_IDENTITY: {{ include "hamlet.sidecarIdentity" . | quote }}
{{- else }}
HAMLET_CERTS_DIR: /etc/hamlet/certs
HAMLET_TRUST_DOMAIN: {{ .Values.trustDomain }}
{{- end }}
{{- range $name, $_ := (include "hamlet.policy" . | fromYaml).services }}
HAMLET_{{ upper $name }}_TARGET: {{ printf "dns:///%s:50051" (include "hamlet.name" (dict "root" $ "name" $name)) }}
HAMLET_{{ upper $name }}_LISTEN: 0.0.0.0:50051
HAMLET_{{ upper $name }}_HEALTH_LISTEN: 0.0.0.0:50052
HAMLET_{{ upper $name }}_METRICS_LISTEN: 0.0.0.0:9464
{{- end }}
{{- with include "hamlet.spansGoTo" . }}
OTEL_EXPORTER_OTLP_ENDPOINT: {{ . }}
{{- end }}
{{- end -}}

{{- define "hamlet.sidecarIdentity" -}}
{{- $account := printf "%s-{workload}" (include "hamlet.fullname" .) -}}
{{- if eq .Values.meshMode "linkerd" -}}
{{- printf "%s.%s.serviceaccount.identity.linkerd.%s" $account .Release.Namespace .Values.sidecarTrustDomain -}}
{{- else -}}
{{- printf "spiffe://%s/ns/%s/sa/%s" .Values.sidecarTrustDomain .Release.Namespace $account -}}
{{- end -}}
{{- end -}}

{{/* Empty where nobody wants spans. */}}
{{- define "hamlet.spansGoTo" -}}
{{- if .Values.telemetry.collector.enabled -}}
http://{{ include "hamlet.name" (dict "root" . "name" "collector") }}:4317
{{- else if .Values.telemetry.endpoint -}}
{{ .Values.telemetry.endpoint }}
{{- else if .Values.jaeger.enabled -}}
http://{{ include "hamlet.name" (dict "root" . "name" "jaeger") }}:4317
{{- end -}}
{{- end -}}

{{- define "hamlet.account.environment" -}}
{{- with .Values.account.keySecret }}
{{- if .name }}
HAMLET_ACCOUNT_KEY_SECRET: {secretKeyRef: {name: {{ .name }}, key: {{ .key }}}}
{{- end }}
{{- end }}
{{- end -}}

{{- define "hamlet.blog.environment" -}}
{{- end -}}

{{- define "hamlet.comment.environment" -}}
HAMLET_COMMENT_GUESTS: {{ .Values.comment.guests | quote }}
HAMLET_COMMENT_UNJUDGED: {{ .Values.comment.unjudged }}
{{- end -}}

{{- define "hamlet.spam.environment" -}}
HAMLET_SPAM_DEVICE: cpu
{{- end -}}

{{- define "hamlet.edge.environment" -}}
HAMLET_EDGE_LISTEN: 0.0.0.0:8080
HAMLET_EDGE_GRPC_LISTEN: 0.0.0.0:8081
HAMLET_EDGE_ADMIN_LISTEN: 127.0.0.1:9901
HAMLET_EDGE_STATUS_LISTEN: 0.0.0.0:9902
HAMLET_EDGE_CACHE: {{ ternary "on" "off" .Values.edge.cache.enabled | quote }}
HAMLET_EDGE_CACHE_METRICS_LISTEN: 0.0.0.0:9465
HAMLET_EDGE_CACHE_FOLDER: /var/cache/hamlet
HAMLET_EDGE_DRAIN_SECONDS: {{ .Values.shutdown.drainSeconds | quote }}
HAMLET_EDGE_GRACE_SECONDS: {{ .Values.shutdown.graceSeconds | quote }}
HAMLET_EDGE_TRUSTED_HOPS: {{ .Values.edge.trustedHops | quote }}
HAMLET_EDGE_SAMPLING_PERCENT: {{ .Values.edge.samplingPercent | quote }}
HAMLET_EDGE_ALLOWED_ORIGINS: {{ join "," .Values.edge.allowedOrigins | quote }}
{{- end -}}

{{/* Of a component with a database. */}}
{{- define "hamlet.database.environment" -}}
{{- $prefix := printf "HAMLET_%s" (upper .name) -}}
{{- with (index .root.Values .name).database }}
{{- if .urlSecret.name }}
{{ $prefix }}_DATABASE_URL: {secretKeyRef: {name: {{ .urlSecret.name }}, key: {{ .urlSecret.key }}}}
{{ $prefix }}_MIGRATE: "false"
{{- end }}
{{- end }}
{{- end -}}

{{/* (dict "root" $ "name" "blog" "values" merged "environment" map) -> the container's `env`, a map turned into a list. */}}
{{- define "hamlet.env" -}}
{{- $given := dict -}}
{{- range $text := list (include (printf "hamlet.%s.environment" .name) .root) (include "hamlet.database.environment" .) -}}
{{- range $name, $value := fromYaml $text }}{{ $_ := set $given $name $value }}{{ end -}}
{{- end -}}
{{- range $map := list (.environment | default dict) .values.env -}}
{{- range $name, $value := $map }}{{ $_ := set $given $name $value }}{{ end -}}
{{- end -}}
{{- if eq .root.Values.meshMode "linkerd" -}}
{{- $_ := set $given "HAMLET_SIDECAR_OWN_ADDRESS" (dict "fieldRef" (dict "fieldPath" "status.podIP")) -}}
{{- end -}}
{{- range $name, $value := $given }}
- name: {{ $name }}
  {{- if kindIs "map" $value }}
  valueFrom:
    {{- toYaml $value | nindent 4 }}
  {{- else }}
  value: {{ $value | toString | quote }}
  {{- end }}
{{- end }}
{{- end -}}
