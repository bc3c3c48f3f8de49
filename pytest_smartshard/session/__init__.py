"""Inside one pytest run: selecting, recording, lanes, summary. The only room that knows pytest's objects."""
