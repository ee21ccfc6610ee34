"""What answers tell about questions: item statistics, calibration."""
