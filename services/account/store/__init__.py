"""SQL of the account service: functions of a session, which the handler opens."""
