"""What a browser meets: the preview. No business decisions are made here."""
