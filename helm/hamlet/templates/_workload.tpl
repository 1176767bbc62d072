{{/* One Deployment of a component: its stable version, its canary, or spam's on GPUs.
     (dict "root" $ "name" "blog" "values" merged "variant" "stable|canary|gpu" "image" key "tag" "" "replicas" n-or-nil
           "environment" map "resources" map) */}}

{{- define "hamlet.workloadName" -}}
{{ include "hamlet.name" . }}{{ if ne .variant "stable" }}-{{ .variant }}{{ end }}
{{- end -}}

{{- define "hamlet.deployment" }}
---
apiVersion: apps/v1
kind: Deployment
metadata:
  name: {{ include "hamlet.workloadName" . }}
  namespace: {{ .root.Release.Namespace }}
  labels:
    {{- include "hamlet.labels" . | nindent 4 }}
    hamlet/variant: {{ .variant }}
spec:
  {{- if not (kindIs "invalid" .replicas) }}
  replicas: {{ .replicas }}
  {{- end }}
  revisionHistoryLimit: 5
  progressDeadlineSeconds: 600
  minReadySeconds: {{ .root.Values.shutdown.overlapSeconds }}
  strategy:
    {{- if include "hamlet.sqlite" . }}
    type: Recreate
    {{- else }}
    type: RollingUpdate
    rollingUpdate: {maxUnavailable: 0, maxSurge: {{ .values.maxSurge }}}
    {{- end }}
  selector:
    matchLabels:
      {{- include "hamlet.selector" . | nindent 6 }}
      hamlet/variant: {{ .variant }}
  template:
    metadata:
      labels:
        {{- include "hamlet.labels" . | nindent 8 }}
        hamlet/variant: {{ .variant }}
        {{- with include "hamlet.mesh.podLabels" .root }}
        {{- . | nindent 8 }}
        {{- end }}
      annotations:
        checksum/settings: {{ include "hamlet.environment" .root | sha256sum }}
        {{- with include "hamlet.mesh.podAnnotations" .root }}
        {{- . | nindent 8 }}
        {{- end }}
        {{- with .values.podAnnotations }}
        {{- toYaml . | nindent 8 }}
        {{- end }}
    spec:
      serviceAccountName: {{ include "hamlet.name" . }}
      automountServiceAccountToken: false
      enableServiceLinks: false
      terminationGracePeriodSeconds: {{ include "hamlet.gracePeriod" . }}
      securityContext:
        {{- include "hamlet.podSecurity" . | nindent 8 }}
      {{- with include "hamlet.pullSecrets" .root }}
      {{- . | nindent 6 }}
      {{- end }}
      {{- include "hamlet.scheduling" . | nindent 6 }}
      containers:
        {{- if eq .name "edge" }}
        {{- include "hamlet.edge.containers" . | nindent 8 }}
        {{- else }}
        {{- include "hamlet.service.container" . | nindent 8 }}
        {{- end }}
      volumes:
        {{- include "hamlet.volumes" . | nindent 8 }}
        {{- if and (eq .name "edge") .root.Values.edge.cache.enabled }}
        - name: kept
          emptyDir: {sizeLimit: {{ .root.Values.edge.cache.size }}}
        {{- end }}
{{- end -}}

{{/* What is alike in the containers of every component. */}}
{{- define "hamlet.container" -}}
image: {{ include "hamlet.image" . }}
imagePullPolicy: {{ .root.Values.images.pullPolicy }}
envFrom:
  - configMapRef: {name: {{ include "hamlet.name" (dict "root" .root "name" "settings") }}}
{{- with include "hamlet.env" . | trim }}
env:
  {{- . | nindent 2 }}
{{- end }}
resources:
  {{- toYaml .resources | nindent 2 }}
securityContext:
  {{- include "hamlet.containerSecurity" . | nindent 2 }}
{{- end -}}

{{/* account, blog, comment, spam. Whether it runs and whether it serves are two questions: see mesh/probes.py. */}}
{{- define "hamlet.service.container" -}}
- name: {{ .name }}
  command: [python, -m, services.{{ .name }}]
  {{- include "hamlet.container" . | nindent 2 }}
  ports:
    - {name: grpc, containerPort: 50051}
    - {name: health, containerPort: 50052}
    - {name: metrics, containerPort: 9464}
  # The model, and SQLite's migrations, may take minutes.
  startupProbe:
    grpc: {port: 50052, service: live}
    periodSeconds: 1
    failureThreshold: 300
  readinessProbe:
    grpc: {port: 50052}
    periodSeconds: 2
    timeoutSeconds: 2
    failureThreshold: 2
  livenessProbe:
    grpc: {port: 50052, service: live}
    periodSeconds: 10
    timeoutSeconds: 5
    failureThreshold: 6
  lifecycle:
    preStop:
      sleep: {seconds: {{ .root.Values.shutdown.preStopSeconds }}}
  volumeMounts:
    {{- include "hamlet.mounts" . | nindent 4 }}
{{- end -}}
