{{/* What every pod of the chart has in common: it runs as nobody, may write nowhere but to its volumes, and has no token. */}}

{{- define "hamlet.podSecurity" -}}
runAsNonRoot: true
runAsUser: 10001
runAsGroup: 10001
fsGroup: 10001
fsGroupChangePolicy: OnRootMismatch
seccompProfile: {type: RuntimeDefault}
{{- end -}}

{{- define "hamlet.containerSecurity" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
runAsNonRoot: true
runAsUser: 10001
capabilities: {drop: [ALL]}
seccompProfile: {type: RuntimeDefault}
{{- end -}}

{{- define "hamlet.pullSecrets" -}}
{{- with .Values.images.pullSecrets -}}
imagePullSecrets:
  {{- range . }}
  - name: {{ . }}
  {{- end }}
{{- end }}
{{- end -}}

{{/* (dict "root" $ "name" "blog" "values" merged) */}}
{{- define "hamlet.scheduling" -}}
topologySpreadConstraints:
  {{- range $key := list "topology.kubernetes.io/zone" "kubernetes.io/hostname" }}
  - maxSkew: 1
    topologyKey: {{ $key }}
    whenUnsatisfiable: {{ $.values.spread }}
    labelSelector:
      matchLabels:
        {{- include "hamlet.selector" $ | nindent 8 }}
    matchLabelKeys: [pod-template-hash]
  {{- end }}
{{- with .values.nodeSelector }}
nodeSelector:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .values.tolerations }}
tolerations:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .values.affinity }}
affinity:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- end -}}

{{/* Long enough for what `shutdown` says, and for the edge's cache before Envoy. */}}
{{- define "hamlet.gracePeriod" -}}
{{- $shutdown := .root.Values.shutdown -}}
{{- $leave := add $shutdown.preStopSeconds $shutdown.drainSeconds $shutdown.graceSeconds $shutdown.reserveSeconds -}}
{{- if eq .name "edge" }}{{ add $leave (include "hamlet.cacheLeaves" .root | int) }}{{ else }}{{ $leave }}{{ end -}}
{{- end -}}

{{/* How long nginx may take to finish its requests, during which Envoy behind it must not leave: see CacheProcess. */}}
{{- define "hamlet.cacheLeaves" -}}
{{- if .Values.edge.cache.enabled }}{{ add .Values.shutdown.drainSeconds 4 }}{{ else }}0{{ end -}}
{{- end -}}
