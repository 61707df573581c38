//! The API as clients meet it: a real server on a port of its own, real HTTP, and the real Python clients.

mod general;

mod server;
