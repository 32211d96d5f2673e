"""The bundled training cluster: anchor, volunteer agent, auditor. Imports no Django."""

VERSION = "0.1.0"
