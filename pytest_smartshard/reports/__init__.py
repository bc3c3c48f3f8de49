"""One summary in; terminal text, markdown or JSON out."""
