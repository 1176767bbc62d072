{{/* Names and labels. Every name starts with the release's, so that two releases share a namespace. */}}

{{- define "hamlet.fullname" -}}
{{- if .Values.fullnameOverride -}}
{{- .Values.fullnameOverride | trunc 40 | trimSuffix "-" -}}
{{- else -}}
{{- $chart := default .Chart.Name .Values.nameOverride -}}
{{- if contains $chart .Release.Name -}}
{{- .Release.Name | trunc 40 | trimSuffix "-" -}}
{{- else -}}
{{- printf "%s-%s" .Release.Name $chart | trunc 40 | trimSuffix "-" -}}
{{- end -}}
{{- end -}}
{{- end -}}

{{/* (dict "root" $ "name" "blog") -> the name of a component's resources. */}}
{{- define "hamlet.name" -}}
{{- printf "%s-%s" (include "hamlet.fullname" .root) .name -}}
{{- end -}}

{{/* What never changes about a component: what Services and policies select by. */}}
{{- define "hamlet.selector" -}}
app.kubernetes.io/name: hamlet
app.kubernetes.io/instance: {{ .root.Release.Name }}
app.kubernetes.io/component: {{ .name }}
{{- end -}}

{{- define "hamlet.labels" -}}
{{ include "hamlet.selector" . }}
app.kubernetes.io/part-of: hamlet
app.kubernetes.io/version: {{ .root.Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .root.Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .root.Chart.Name .root.Chart.Version }}
{{- end -}}

{{- define "hamlet.metadata" -}}
name: {{ include "hamlet.name" . }}
namespace: {{ .root.Release.Namespace }}
labels:
  {{- include "hamlet.labels" . | nindent 2 }}
{{- end -}}
