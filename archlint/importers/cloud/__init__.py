"""Resources of clouds, as templates, plans and states describe them: what they are to a manifest.

A source turns its files into `Resource`s whose references are `Link`s; `drafting.draft_resources` does the rest. Types
are named as Terraform names them; CloudFormation's are translated in `kinds.py`.
"""
