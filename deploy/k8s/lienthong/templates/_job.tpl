{{/* One job. Takes a dict: root, name, service, own (resources, deadline), job, weight, args, owner (with the owner's role), file (a Secret). */}}
{{- define "lienthong.job" }}
{{- $labels := include "lienthong.process" (list .root .name .job) }}
---
apiVersion: batch/v1
kind: Job
metadata:
  name: {{ include "lienthong.fullname" .root }}-{{ .name }}-{{ .job }}
  namespace: {{ .root.Release.Namespace }}
  labels: {{- $labels | nindent 4 }}
    {{- include "lienthong.labels" .root | nindent 4 }}
  annotations:
    helm.sh/hook: pre-install,pre-upgrade
    helm.sh/hook-weight: {{ .weight | quote }}
    # The last one stays, with its log.
    helm.sh/hook-delete-policy: before-hook-creation
spec:
  backoffLimit: 3
  activeDeadlineSeconds: {{ .own.deadlineSeconds }}
  template:
    metadata:
      labels: {{- $labels | nindent 8 }}
    spec:
      restartPolicy: Never
      {{- include "lienthong.pod" (list .root) | nindent 6 }}
      containers:
        - name: {{ .job }}
          image: {{ include "lienthong.image" (list .root .name .service.digest) }}
          imagePullPolicy: {{ .root.Values.image.pullPolicy }}
          args: [services.{{ .name }}.main{{ range .args }}, {{ . }}{{ end }}]
          env:
            {{- include "lienthong.env" (list .root .name .service) | nindent 12 }}
            {{- if .owner }}
            - name: LIENTHONG_OWNER_URL
              valueFrom:
                secretKeyRef: {name: {{ .service.database.ownerSecret }}, key: {{ .service.database.ownerKey }}}
            {{- end }}
            {{- if .file }}
            - {name: LIENTHONG_IDENTITY_BOOTSTRAP_FILE, value: /etc/lienthong/bootstrap.json}
            {{- end }}
          resources: {{- toYaml .own.resources | nindent 12 }}
          {{- include "lienthong.locked" .root | nindent 10 }}
          volumeMounts:
            - {name: tmp, mountPath: /tmp}
            {{- if .file }}
            - {name: file, mountPath: /etc/lienthong, readOnly: true}
            {{- end }}
      volumes:
        - name: tmp
          emptyDir: {sizeLimit: 64Mi}
        {{- if .file }}
        - name: file
          secret:
            secretName: {{ .file }}
            items:
              - {key: {{ .root.Values.bootstrap.key | quote }}, path: bootstrap.json}
        {{- end }}
{{- end }}
