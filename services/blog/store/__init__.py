"""SQL about posts: functions of a session that the handler opens."""
