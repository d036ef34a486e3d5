"""The engines under the platform: each can be started in a folder on a port, by the supervisor or by a test."""
