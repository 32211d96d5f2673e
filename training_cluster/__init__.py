"""The bundled training cluster: anchor, volunteer agent, auditor. Imports no Django."""
