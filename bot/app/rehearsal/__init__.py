"""Live mode without money: the owner's commands, the doctor and the daemon at a local venue."""
