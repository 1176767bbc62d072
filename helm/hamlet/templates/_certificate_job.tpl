{{/* Certificates by a Job: an authority of the release's own, kept in a Secret that this Job alone may read. It runs
     at each installation and upgrade, and from then on by the clock. It is no hook, so that nothing of it is left when
     the release is uninstalled: pods wait for the Secret that they mount, which is there seconds later. */}}

{{- define "hamlet.certificateJob" }}
{{- $account := include "hamlet.name" (dict "root" . "name" "certificates") }}
{{- $env := include "hamlet.certificateJob.environment" . }}
{{- $job := dict "root" . "name" "certificates" "account" $account "token" true "env" $env }}
{{- $_ := set $job "command" (list "python" "-m" "services.cli.cluster.certificates") }}
{{- include "hamlet.certificateJob.account" $job }}
{{- include "hamlet.jobNetwork" $job }}
---
apiVersion: batch/v1
kind: Job
metadata:
  # A Job cannot be changed, so each revision has its own. That of an upgrade that failed would stay for ever: no later
  # revision knows it.
  name: {{ printf "%s-%d" $account .Release.Revision }}
  namespace: {{ .Release.Namespace }}
  labels:
    {{- include "hamlet.labels" $job | nindent 4 }}
spec:
  ttlSecondsAfterFinished: {{ .Values.migrations.keepSeconds }}
  {{- include "hamlet.jobSpec" $job | nindent 2 }}
---
apiVersion: batch/v1
kind: CronJob
metadata:
  {{- include "hamlet.metadata" (dict "root" . "name" "certificates-renewal") | nindent 2 }}
spec:
  schedule: {{ .Values.certificates.job.schedule | quote }}
  concurrencyPolicy: Forbid
  successfulJobsHistoryLimit: 1
  failedJobsHistoryLimit: 2
  jobTemplate:
    spec:
      {{- include "hamlet.jobSpec" $job | nindent 6 }}
{{- end -}}

{{- define "hamlet.certificateJob.environment" -}}
- {name: HAMLET_TRUST_DOMAIN, value: {{ .Values.trustDomain }}}
- {name: HAMLET_CLUSTER_NAMESPACE, valueFrom: {fieldRef: {fieldPath: metadata.namespace}}}
- {name: HAMLET_CLUSTER_PREFIX, value: {{ include "hamlet.fullname" . }}}
- {name: HAMLET_CLUSTER_OWNER, value: {{ include "hamlet.name" (dict "root" . "name" "certificates") }}}
{{- end -}}

{{/* It may make Secrets, which no rule can bound by name, and read and replace those that it has made. */}}
{{- define "hamlet.certificateJob.account" }}
{{- $names := list (printf "%s-authority" (include "hamlet.fullname" .root)) }}
{{- range (include "hamlet.policy" .root | fromYaml).workloads }}
{{- $names = append $names (include "hamlet.certificateSecret" (dict "root" $.root "name" .)) }}
{{- end }}
---
apiVersion: v1
kind: ServiceAccount
metadata:
  {{- include "hamlet.metadata" . | nindent 2 }}
automountServiceAccountToken: false
---
apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata:
  {{- include "hamlet.metadata" . | nindent 2 }}
rules:
  - apiGroups: [""]
    resources: [secrets]
    verbs: [create]
  - apiGroups: [""]
    resources: [secrets]
    resourceNames: {{ toJson $names }}
    verbs: [get, update]
  # The Secrets belong to this account, and go with it.
  - apiGroups: [""]
    resources: [serviceaccounts]
    resourceNames: [{{ include "hamlet.name" . }}]
    verbs: [get]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata:
  {{- include "hamlet.metadata" . | nindent 2 }}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: {{ include "hamlet.name" . }}}
subjects:
  - {kind: ServiceAccount, name: {{ include "hamlet.name" . }}, namespace: {{ .root.Release.Namespace }}}
{{- end -}}
