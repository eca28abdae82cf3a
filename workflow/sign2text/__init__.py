"""Sign-language video to spoken-language text: the library behind the workflow's stages."""
