"""When a machine may train: hours of the week in its own zone, each backing one project at most."""
