"""The price of the mesh: our server beside a bare one and beside the contributed instrumentation."""
