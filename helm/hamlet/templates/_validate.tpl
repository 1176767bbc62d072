{{/* What contradicts itself stops the render, with a sentence that says what to do. The schema checks what a value is;
     this checks what values mean together. */}}

{{- define "hamlet.validate" -}}
{{- range $name := list "account" "blog" "comment" "spam" "edge" -}}
{{- $one := dict "root" $ "name" $name -}}
{{- $_ := set $one "values" (include "hamlet.values" $one | fromYaml) -}}
{{- include "hamlet.validate.sqlite" $one -}}
{{- include "hamlet.validate.scaling" $one -}}
{{- include "hamlet.validate.canary" $one -}}
{{- end -}}
{{- include "hamlet.validate.gpu" . -}}
{{- include "hamlet.validate.telemetry" . -}}
{{- include "hamlet.validate.mesh" . -}}
{{- if and .Values.gateway.enabled (not .Values.gateway.parentRefs) -}}
{{- fail "\n\ngateway.enabled needs gateway.parentRefs: the Gateway that the routes hang from, such as [{name: public, namespace: gateways}]." -}}
{{- end -}}
{{- end -}}

{{- define "hamlet.validate.sqlite" -}}
{{- if include "hamlet.sqlite" . -}}
{{- $mend := printf "Give it PostgreSQL: %s.database.urlSecret.name names a Secret with its URL." .name -}}
{{- if gt (.values.replicas | int) 1 -}}
{{- fail (printf "\n\n%s is on SQLite, which serves one replica, and has %d. %s Or leave %s.replicas at 1." .name (.values.replicas | int) $mend .name) -}}
{{- end -}}
{{- if .values.autoscaling.enabled -}}
{{- fail (printf "\n\n%s is on SQLite, which serves one replica, and has an autoscaler. %s Or leave %s.autoscaling.enabled off." .name $mend .name) -}}
{{- end -}}
{{- if .values.canary.enabled -}}
{{- fail (printf "\n\n%s is on SQLite, which serves one replica: a canary beside it could not open the database. %s" .name $mend) -}}
{{- end -}}
{{- end -}}
{{- end -}}

{{- define "hamlet.validate.scaling" -}}
{{- include "hamlet.validate.autoscaling" (dict "root" .root "name" .name "autoscaling" .values.autoscaling) -}}
{{- if and (ne .name "spam") .values.autoscaling.queueDepth -}}
{{- fail (printf "\n\n%s.autoscaling.queueDepth: only spam has a queue. Use cpuPercent or requestsPerSecond." .name) -}}
{{- end -}}
{{- end -}}

{{- define "hamlet.validate.autoscaling" -}}
{{- $scaling := .autoscaling -}}
{{- if $scaling.enabled -}}
{{- if gt ($scaling.minReplicas | int) ($scaling.maxReplicas | int) -}}
{{- fail (printf "\n\n%s.autoscaling: minReplicas (%d) is more than maxReplicas (%d)." .name ($scaling.minReplicas | int) ($scaling.maxReplicas | int)) -}}
{{- end -}}
{{- if not (or $scaling.cpuPercent $scaling.requestsPerSecond $scaling.queueDepth) -}}
{{- fail (printf "\n\n%s.autoscaling has nothing to scale on: set cpuPercent, requestsPerSecond or queueDepth." .name) -}}
{{- end -}}
{{- if and $scaling.keda (or $scaling.requestsPerSecond $scaling.queueDepth) (not .root.Values.keda.prometheusAddress) -}}
{{- fail (printf "\n\n%s.autoscaling.keda asks Prometheus: set keda.prometheusAddress, such as http://prometheus.monitoring:9090." .name) -}}
{{- end -}}
{{- end -}}
{{- end -}}

{{- define "hamlet.validate.canary" -}}
{{- $canary := .values.canary -}}
{{- if $canary.enabled -}}
{{- if not $canary.tag -}}
{{- fail (printf "\n\n%s.canary needs %s.canary.tag: the version that is tried." .name .name) -}}
{{- end -}}
{{- $routed := ternary .root.Values.gateway.enabled (ne .root.Values.meshMode "direct") (eq .name "edge") -}}
{{- $weighed := not (kindIs "invalid" $canary.weight) -}}
{{- if and $weighed (not $routed) -}}
{{- $why := ternary "the edge's calls are shared by Gateway API routes: set gateway.enabled" "in meshMode direct callers spread over all replicas alike" (eq .name "edge") -}}
{{- fail (printf "\n\n%s.canary.weight has no effect here: %s. Without weight, %s.canary.replicas beside the stable ones is the share." .name $why .name) -}}
{{- end -}}
{{- end -}}
{{- end -}}

{{- define "hamlet.validate.gpu" -}}
{{- with .Values.spam.gpu -}}
{{- if .enabled -}}
{{- if and (not .autoscaling.enabled) (lt (.replicas | int) 1) -}}
{{- fail "\n\nspam.gpu.enabled with spam.gpu.replicas 0 makes no pod: set at least 1, or turn spam.gpu.enabled off." -}}
{{- end -}}
{{- $scaling := include "hamlet.gpuAutoscaling" $ | fromYaml -}}
{{- include "hamlet.validate.autoscaling" (dict "root" $ "name" "spam.gpu" "autoscaling" $scaling) -}}
{{- end -}}
{{- end -}}
{{- end -}}

{{- define "hamlet.validate.telemetry" -}}
{{- $telemetry := .Values.telemetry -}}
{{- if and $telemetry.collector.enabled (not $telemetry.collector.exporters) (not .Values.jaeger.enabled) -}}
{{- fail "\n\ntelemetry.collector.enabled without anybody to send to: enable jaeger, or name telemetry.collector.exporters." -}}
{{- end -}}
{{- if and $telemetry.collector.enabled $telemetry.endpoint -}}
{{- fail "\n\ntelemetry.endpoint and telemetry.collector.enabled exclude each other: name the endpoint under telemetry.collector.exporters instead." -}}
{{- end -}}
{{- if hasKey $telemetry.collector.exporters "jaeger" -}}
{{- fail "\n\ntelemetry.collector.exporters.jaeger: the name is the chart's own Jaeger's. Choose another, such as jaeger-elsewhere." -}}
{{- end -}}
{{- end -}}

{{- define "hamlet.validate.mesh" -}}
{{- if and (ne .Values.meshMode "direct") (eq .Values.certificates.source "cert-manager") -}}
{{- fail (printf "\n\nmeshMode %s does TLS itself, and certificates.source cert-manager is for meshMode direct. Leave certificates as they are." .Values.meshMode) -}}
{{- end -}}
{{- end -}}
