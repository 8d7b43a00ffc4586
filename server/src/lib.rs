//! The bundled server.
