"""What the service keeps of the registry: the organisation tree and the learners' spells of enrolment."""
