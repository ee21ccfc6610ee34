"""Pure engines: values in, values with reasons out. No framework, driver, network or clock."""
