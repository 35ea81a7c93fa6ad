"""What whoever operates Lotse needs: copies, the auditor, figures of the process, papers."""
