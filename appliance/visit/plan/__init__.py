"""What the next 24 hours will bring every device, known before a byte is sent."""
