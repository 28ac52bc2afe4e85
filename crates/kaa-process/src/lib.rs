//! What every process of a Kaa service needs: configuration, logs, signals, an admin port.
