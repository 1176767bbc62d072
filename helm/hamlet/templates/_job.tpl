{{/* A Job of the chart: one command of the `hamlet` image. The sidecar meshes leave it alone, because it has to end, unless
     it speaks to the services: then the sidecar has to be one that ends with it.
     (dict "root" $ "name" "migrate" "weight" 0 "hooks" "pre-install,pre-upgrade" "command" list "env" yaml
           "account" serviceaccount-or-empty "token" bool "meshed" bool) */}}

{{- define "hamlet.job" }}
---
apiVersion: batch/v1
kind: Job
metadata:
  name: {{ include "hamlet.name" . }}
  namespace: {{ .root.Release.Namespace }}
  labels:
    {{- include "hamlet.labels" . | nindent 4 }}
  annotations:
    helm.sh/hook: {{ .hooks }}
    helm.sh/hook-weight: {{ .weight | quote }}
    # A Job that failed stays for a while, so that its log can be read.
    helm.sh/hook-delete-policy: before-hook-creation,hook-succeeded
spec:
  ttlSecondsAfterFinished: {{ .root.Values.migrations.keepSeconds }}
  {{- include "hamlet.jobSpec" . | nindent 2 }}
{{- end -}}

{{- define "hamlet.jobSpec" -}}
backoffLimit: 3
activeDeadlineSeconds: {{ .root.Values.migrations.deadlineSeconds }}
template:
  metadata:
    labels:
      {{- include "hamlet.labels" . | nindent 6 }}
      {{- if .meshed }}
      {{- include "hamlet.mesh.podLabels" .root | nindent 6 }}
      {{- else if eq .root.Values.meshMode "istio" }}
      sidecar.istio.io/inject: "false"
      {{- end }}
    {{- if .meshed }}
    annotations:
      {{- include "hamlet.mesh.podAnnotations" .root | nindent 6 }}
    {{- else if eq .root.Values.meshMode "linkerd" }}
    annotations:
      linkerd.io/inject: disabled
    {{- end }}
  spec:
    restartPolicy: Never
    {{- with .account }}
    serviceAccountName: {{ . }}
    {{- end }}
    automountServiceAccountToken: {{ .token | default false }}
    enableServiceLinks: false
    securityContext:
      {{- include "hamlet.podSecurity" . | nindent 6 }}
    {{- with include "hamlet.pullSecrets" .root }}
    {{- . | nindent 4 }}
    {{- end }}
    containers:
      - name: {{ .name }}
        image: {{ include "hamlet.image" (dict "root" .root "image" "cli" "tag" "") }}
        imagePullPolicy: {{ .root.Values.images.pullPolicy }}
        command: {{ toJson .command }}
        env:
          - {name: HAMLET_HOME, value: /tmp/hamlet}
          {{- .env | nindent 10 }}
        resources:
          {{- toYaml .root.Values.migrations.resources | nindent 10 }}
        securityContext:
          {{- include "hamlet.containerSecurity" . | nindent 10 }}
        volumeMounts:
          - {name: tmp, mountPath: /tmp}
          {{- with .mounts }}
          {{- . | nindent 10 }}
          {{- end }}
    volumes:
      - {name: tmp, emptyDir: {sizeLimit: 256Mi}}
      {{- with .volumes }}
      {{- . | nindent 6 }}
      {{- end }}
{{- end -}}
