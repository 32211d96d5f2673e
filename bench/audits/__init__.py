"""How far honest and dishonest blocks lie from their replay: the experiment behind the audit's thresholds."""
