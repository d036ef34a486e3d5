{{/* Name of the release: what everything starts with. */}}
{{- define "lienthong.fullname" -}}
{{- if contains .Chart.Name .Release.Name }}{{ .Release.Name | trunc 40 | trimSuffix "-" }}{{ else }}{{ printf "%s-%s" .Release.Name .Chart.Name | trunc 40 | trimSuffix "-" }}{{ end }}
{{- end }}

{{/* Labels that select the pods of this release. */}}
{{- define "lienthong.selector" -}}
app.kubernetes.io/name: {{ .Chart.Name }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end }}

{{/* Labels that select one process. Takes a list: root, service, process. */}}
{{- define "lienthong.process" -}}
{{- $root := index . 0 -}}
{{ include "lienthong.selector" $root }}
lienthong.vn/service: {{ index . 1 }}
lienthong.vn/process: {{ index . 2 }}
{{- end }}

{{/* Labels of an object, beside those that select. */}}
{{- define "lienthong.labels" -}}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
app.kubernetes.io/part-of: {{ .Chart.Name }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version }}
{{- end }}

{{/* One of our images. Takes a list: root, service, digest. */}}
{{- define "lienthong.image" -}}
{{- $root := index . 0 -}}
{{- $image := $root.Values.image -}}
{{- with $image.registry }}{{ . }}/{{ end }}{{ $image.prefix }}-{{ index . 1 }}
{{- with index . 2 }}@{{ . }}{{ else }}:{{ $image.tag | default $root.Chart.AppVersion }}{{ end }}
{{- end }}

{{/* Full name of a service in the cluster's DNS. Takes a list: root, service. */}}
{{- define "lienthong.host" -}}
{{- $root := index . 0 -}}
{{ include "lienthong.fullname" $root }}-{{ index . 1 }}.{{ $root.Release.Namespace }}.svc.{{ $root.Values.clusterDomain }}
{{- end }}

{{/* Base address of a service's API inside the cluster. Takes a list: root, service. */}}
{{- define "lienthong.api-url" -}}
http://{{ include "lienthong.host" . }}:{{ (index . 0).Values.ports.api }}
{{- end }}

{{/* Where the issuer's keys are. */}}
{{- define "lienthong.jwks-url" -}}
{{ .Values.keycloak.jwksUrl | default (printf "%s/protocol/openid-connect/certs" .Values.keycloak.issuer) }}
{{- end }}
