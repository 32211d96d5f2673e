"""The cluster drill: real volunteers train, everything breaks, some cheat, and every second is accounted for."""
