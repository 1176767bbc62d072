{{/* All resources of one component; a component's file names it and its image. (dict "root" $ "name" "blog" "image" key) */}}

{{- define "hamlet.component" -}}
{{- include "hamlet.validate" .root -}}
{{- $values := include "hamlet.values" . | fromYaml -}}
{{- $one := merge (dict "values" $values "variant" "stable" "tag" "" "resources" $values.resources) . -}}
{{- $_ := set $one "replicas" (ternary nil ($values.replicas | int) $values.autoscaling.enabled) -}}
{{- $_ = set $one "autoscaling" $values.autoscaling -}}
{{- include "hamlet.serviceAccount" $one }}
{{- include "hamlet.storage" $one }}
{{- include "hamlet.services" $one }}
{{- include "hamlet.deployment" $one }}
{{- include "hamlet.autoscaler" $one }}
{{- include "hamlet.budget" $one }}
{{- include "hamlet.networkPolicy" $one }}
{{- include "hamlet.monitor" $one }}
{{- if $values.canary.enabled }}
{{- $canary := dict "variant" "canary" "tag" $values.canary.tag "replicas" ($values.canary.replicas | int) -}}
{{- include "hamlet.deployment" (merge $canary (omit $one "variant" "tag" "replicas")) }}
{{- end }}
{{- if and (ne .name "edge") (ne .root.Values.meshMode "direct") }}
{{- include (printf "hamlet.%s.policy" .root.Values.meshMode) $one }}
{{- end }}
{{- end -}}

{{- define "hamlet.serviceAccount" }}
---
apiVersion: v1
kind: ServiceAccount
metadata:
  {{- include "hamlet.metadata" . | nindent 2 }}
  {{- with .values.serviceAccountAnnotations }}
  annotations:
    {{- toYaml . | nindent 4 }}
  {{- end }}
automountServiceAccountToken: false
{{- end -}}

{{- define "hamlet.storage" }}
{{- if include "hamlet.sqlite" . }}
---
apiVersion: v1
kind: PersistentVolumeClaim
metadata:
  {{- include "hamlet.metadata" . | nindent 2 }}
  annotations:
    # What people wrote outlives a `helm uninstall`.
    helm.sh/resource-policy: keep
    {{- with .values.storage.annotations }}
    {{- toYaml . | nindent 4 }}
    {{- end }}
spec:
  accessModes: [ReadWriteOnce]
  resources:
    requests: {storage: {{ .values.storage.size }}}
  {{- with .values.storage.className }}
  storageClassName: {{ . }}
  {{- end }}
{{- end }}
{{- end -}}

{{- define "hamlet.budget" }}
{{- $least := ternary (.autoscaling.minReplicas | int) (.values.replicas | int) .autoscaling.enabled -}}
{{- if gt $least 1 }}
---
apiVersion: policy/v1
kind: PodDisruptionBudget
metadata:
  {{- include "hamlet.metadata" . | nindent 2 }}
spec:
  maxUnavailable: {{ .values.podDisruptionBudget.maxUnavailable }}
  # A pod that does not get ready must not keep a node from being drained.
  unhealthyPodEvictionPolicy: AlwaysAllow
  selector:
    matchLabels:
      {{- include "hamlet.selector" . | nindent 6 }}
{{- end }}
{{- end -}}
