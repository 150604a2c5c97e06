//! What both services need to live: clock, ids, configuration, shutdown, telemetry, HTTP client.
