"""SQL of the comment service. Functions take the session of the use case and know no protobuf."""
