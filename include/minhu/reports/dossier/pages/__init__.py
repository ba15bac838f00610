"""The pages of a dossier: one module each, with ``build(evidence)``, in the order of the menu."""
