"""SoundFusion (Ausilio, Keshavarz and Prodan)."""
